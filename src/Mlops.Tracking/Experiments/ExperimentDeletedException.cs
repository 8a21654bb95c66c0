namespace Mlops.Tracking;

/// <summary>Something was to be changed or started in an experiment that is deleted. Nothing was.</summary>
public sealed class ExperimentDeletedException : TrackingException
{
    /// <summary>For stores: the experiment is deleted.</summary>
    public ExperimentDeletedException(string name)
        : base($"Changing experiment '{name}': it is deleted. Restore it first, or use another.") => Name = name;

    /// <summary>The experiment's name.</summary>
    public string Name { get; }
}
