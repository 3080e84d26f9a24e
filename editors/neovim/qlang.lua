-- qlang in Neovim 0.11 or newer: copy to ~/.config/nvim/lua/qlang.lua and `require("qlang")` in init.lua.

vim.filetype.add({ extension = { qjob = "qjob", qasm = "openqasm" } })

vim.lsp.config("qlang", {
  cmd = { "qlangc", "lsp" },
  filetypes = { "qjob", "openqasm" },
  root_markers = { "qlang.toml", ".git" },
})
vim.lsp.enable("qlang")

vim.api.nvim_create_autocmd("FileType", {
  pattern = { "qjob", "openqasm" },
  callback = function(event)
    vim.bo[event.buf].commentstring = "// %s"
    vim.bo[event.buf].shiftwidth = 2
    vim.bo[event.buf].expandtab = true
  end,
})

-- Completion while typing and formatting when the file is saved; leave out what you do not want.
vim.api.nvim_create_autocmd("LspAttach", {
  callback = function(event)
    local client = vim.lsp.get_client_by_id(event.data.client_id)
    if client == nil or client.name ~= "qlang" then
      return
    end
    vim.lsp.completion.enable(true, client.id, event.buf, { autotrigger = true })
    vim.api.nvim_create_autocmd("BufWritePre", {
      buffer = event.buf,
      callback = function()
        vim.lsp.buf.format({ bufnr = event.buf, id = client.id })
      end,
    })
  end,
})
