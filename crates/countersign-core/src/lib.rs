//! Placeholder.
use cedar_policy as _;
