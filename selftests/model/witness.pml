/* SPDX-License-Identifier: MPL-2.0 */
/* Something that must come to pass, or the model would show nothing. */
#ifdef WITNESS
active proctype Witness()
{
end:	WITNESS -> assert(!(WITNESS))
}
#endif
