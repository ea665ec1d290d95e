// Node-RED's settings, the same in a container and in the kit. See https://nodered.org/docs/user-guide/runtime/configuration
module.exports = {
  uiHost: process.env.NODE_RED_HOST || "0.0.0.0",
  uiPort: Number(process.env.PORT || 1880),
  flowFile: "flows.json",
  // Encrypts the logins that a flow holds. Without it Node-RED makes a key of its own beside the flows.
  credentialSecret: process.env.NODE_RED_CREDENTIAL_SECRET || undefined,
  telemetry: { enabled: false, updateNotification: false },
  // A function node computes; it may not install packages.
  functionExternalModules: false,
  logging: { console: { level: "info", metrics: false, audit: false } },
  editorTheme: { tours: false, projects: { enabled: false } },
};
