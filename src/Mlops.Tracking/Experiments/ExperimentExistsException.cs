namespace Mlops.Tracking;

/// <summary>An experiment of this name exists, or existed and can be restored. Nothing was changed.</summary>
public sealed class ExperimentExistsException : TrackingException
{
    /// <summary>For stores: the name is taken.</summary>
    public ExperimentExistsException(string name, bool isDeleted)
        : base(isDeleted
            ? $"Naming an experiment '{name}': a deleted experiment has this name. Restore it, or choose another name."
            : $"Naming an experiment '{name}': another has this name. Use that one, or choose another name.")
    {
        Name = name;
        IsDeleted = isDeleted;
    }

    /// <summary>The name that is taken.</summary>
    public string Name { get; }

    /// <summary>True when the experiment of this name is deleted.</summary>
    public bool IsDeleted { get; }
}
