//! breach placeholder
