namespace Mlops.Orchestration.Testing;

/// <summary>Leaves code of a process that counts as killed.</summary>
internal sealed class SimulatedKillException() : Exception("The process counts as killed.");
