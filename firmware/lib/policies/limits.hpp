#pragma once

// How many readings a node keeps while the broker is away: 720 are an hour at one every five seconds.
#ifndef NODE_BUFFERED_READINGS
#define NODE_BUFFERED_READINGS 720
#endif
