// Loaded before an emulator: ends it when the test process has gone, also when that was killed.
process.stdin.on('end', () => process.exit(0)).on('error', () => process.exit(0)).resume();
