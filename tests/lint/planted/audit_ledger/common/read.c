/* read, and as it was */
