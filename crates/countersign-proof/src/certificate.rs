//! A release as a depot without a network reads it: COSE_Sign1 over CWT claims.
