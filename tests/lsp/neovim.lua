-- Drives Neovim as a user would and writes what it sees as JSON.
-- Run as: nvim --headless -u NONE -l neovim.lua CONFIG FILE OUTPUT

local config, file, output = arg[1], arg[2], arg[3]
local seen = {}

local function wait(what, condition)
  if not vim.wait(20000, condition, 5) then
    error("timed out waiting for " .. what)
  end
end

dofile(config)
vim.cmd("filetype on")
vim.cmd("edit " .. vim.fn.fnameescape(file))
local buffer = vim.api.nvim_get_current_buf()
seen.filetype = vim.bo[buffer].filetype

wait("diagnostics", function() return #vim.diagnostic.get(buffer) > 0 end)
local client = vim.lsp.get_clients({ bufnr = buffer })[1]
seen.encoding = client.offset_encoding
seen.diagnostics = {}
for _, each in ipairs(vim.diagnostic.get(buffer)) do
  table.insert(seen.diagnostics, { code = each.code, line = each.lnum, column = each.col })
end

local function at(line, column)
  return { textDocument = vim.lsp.util.make_text_document_params(buffer), position = { line = line, character = column } }
end

local function ask(method, params)
  local answer = client:request_sync(method, params, 20000, buffer)
  if answer == nil or answer.err then
    error(method .. " failed: " .. vim.inspect(answer))
  end
  return answer.result
end

seen.hover = ask("textDocument/hover", at(2, 2)).contents.value
seen.completion = {}
for _, item in ipairs(ask("textDocument/completion", at(2, 2)).items) do
  table.insert(seen.completion, item.label)
end

-- mend the mistake with the server's own fix, as `vim.lsp.buf.code_action` does
local context = { diagnostics = vim.tbl_map(function(each) return each.user_data.lsp end, vim.diagnostic.get(buffer)) }
local whole = { start = { line = 0, character = 0 }, ["end"] = { line = 99, character = 0 } }
local actions = ask("textDocument/codeAction", {
  textDocument = vim.lsp.util.make_text_document_params(buffer), range = whole, context = context,
})
vim.lsp.util.apply_workspace_edit(actions[1].edit, client.offset_encoding)
wait("no diagnostics", function() return #vim.diagnostic.get(buffer) == 0 end)

vim.cmd("write") -- formats, by the configuration
seen.text = table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, true), "\n") .. "\n"

local handle = assert(io.open(output, "w"))
handle:write(vim.json.encode(seen))
handle:close()
vim.cmd("quitall!")
