/* new: PLANTED */
