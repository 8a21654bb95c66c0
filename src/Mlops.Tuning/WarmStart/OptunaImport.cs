namespace Mlops.Tuning;

/// <summary>What came of importing a study of Optuna.</summary>
/// <param name="Study">The study here.</param>
/// <param name="Added">Trials that were added by this call.</param>
/// <param name="Known">Trials that an earlier call had added.</param>
/// <param name="Unfinished">Trials that still run or wait there and were left out.</param>
public sealed record OptunaImport(Study Study, int Added, int Known, int Unfinished);
