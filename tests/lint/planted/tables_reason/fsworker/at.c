int at;
