//! State 1 of 7: the section.
