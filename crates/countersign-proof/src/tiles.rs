//! The log as others read it: tiles of hashes, and bundles of entries (C2SP tlog-tiles).
