#!/bin/sh
# Comes before undoing, after the step that was running: step.sh stands in front, and waits for it.
# A step whose input has not come by now is not to begin any more; and on a full disk what undoes
# needs the room that was kept for it.
rm -rf .input.* lock/spare
