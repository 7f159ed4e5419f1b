//! Which certificates are no longer valid: a Token Status List.
