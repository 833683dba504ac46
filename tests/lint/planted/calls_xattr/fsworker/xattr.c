	n = getxattr(number, name, buf, len);
