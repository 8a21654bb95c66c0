namespace Mlops.Tracking;

/// <summary>A piece of code that a run's process had loaded.</summary>
/// <param name="Name">The assembly's simple name.</param>
/// <param name="Version">Its informational version where it has one, else its assembly version.</param>
/// <param name="ModuleVersionId">Differs between any two builds of different code.</param>
public sealed record LoadedAssembly(string Name, string Version, Guid ModuleVersionId);
