//! Cosignatures: the word of a witness that a log has only grown (C2SP tlog-cosignature).
