//! What proves one entry offline: its place, its path to the root, and the checkpoint.
