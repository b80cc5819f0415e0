//! An empty library: the programs are the `[[example]]` targets, and `README.md` shows them.
