//! Which logs and witnesses a verifier believes, and how many of them (C2SP tlog-policy).
