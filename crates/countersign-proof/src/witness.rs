//! What a witness does when it is shown a checkpoint (C2SP tlog-witness).
