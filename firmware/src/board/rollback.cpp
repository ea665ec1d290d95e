// Asked by the Arduino core before setup(): whether a new firmware stays on trial until the program itself confirms it
// (`FlashSlots::confirm`). Without this the core would confirm every firmware that starts at all.
//
// In a file of its own: where the core's weak declaration is visible, this one would be weak too.
extern "C" bool verifyRollbackLater() { return true; }
