int chan;
