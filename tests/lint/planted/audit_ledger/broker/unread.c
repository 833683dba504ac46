/* changed, but never read */
