/* read, and changed since */
