/** Why a base cannot be read; the message goes on after "because". */
export class Unreadable extends Error {}
