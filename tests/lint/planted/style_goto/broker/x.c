		goto out;
		goto fail; /* PLANTED */
		goto output; /* PLANTED */
