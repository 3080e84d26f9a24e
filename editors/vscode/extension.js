// Starts `qlangc lsp` and leaves everything else to it.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const command = workspace.getConfiguration("qlang").get("command");
  client = new LanguageClient(
    "qlang",
    "qlang",
    { command, args: ["lsp"] },
    { documentSelector: [{ language: "qjob" }] },
  );
  return client.start();
};

exports.deactivate = () => client && client.stop();
