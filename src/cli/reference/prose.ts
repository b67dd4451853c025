/** The parts of the configuration page that no schema says. */

export const REFERENCES = `## Variables and secrets

Values (never keys) may hold references, which are replaced after the file has been read as YAML; a value can therefore never add keys or items:

| Written | Becomes |
|---|---|
| \`\${NAME}\` | the environment variable; an error when it is not set |
| \`\${NAME:-default}\` | the default when the variable is not set or empty |
| \`\${file:/run/secrets/password}\` | the content of the file, without a line break at its end |
| \`\${file:/path:-default}\` | the default when there is no such file |
| \`$\${\` | a plain \`\${\` |

A value made of references alone that comes out empty counts as not written, where it may be left out: \`password: "\${PASSWORD:-}"\`.
Where a number or \`true\`, \`false\` is wanted, the text is read as one. Inside \`[ ]\` and \`{ }\` a reference must stand in quotes.
Messages show references, never what they became.
`;

export const VALUES = `## Values

| Type | Written | Meaning |
|---|---|---|
| size | \`64MiB\`, \`500kB\`, \`4096\` | bytes; units B, kB, KB, MB, GB (powers of 1000), KiB, MiB, GiB (powers of 1024) |
| duration | \`10s\`, \`250ms\`, \`1h30m\` | units ms, s, m, h, d; a unit is needed |
| address | \`0.0.0.0:5514\`, \`[::1]:5514\`, \`5514\` | host and port; a port alone listens on all interfaces, for the admin port on loopback |

Names of sources, pipelines, outputs and sinks have letters, digits, and \`.\` \`_\` \`-\` inside, at most 64 characters.
`;
