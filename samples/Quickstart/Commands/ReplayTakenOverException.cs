namespace Quickstart;

/// <summary>The process was stopped for so long that another one may have gone on with its replay.</summary>
public sealed class ReplayTakenOverException()
    : Exception("This process stood still for longer than its lease, so another one may have taken over the replay; nothing of what it still did was kept. The same command goes on.");
