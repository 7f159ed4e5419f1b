//! Evidence that travels as one file, and what is checked of it without the rules.
