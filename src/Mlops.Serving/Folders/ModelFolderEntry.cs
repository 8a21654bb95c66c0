namespace Mlops.Serving;

/// <summary>One version of a model in a folder.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Version">Number of the version; <c>null</c> when none of the model is known.</param>
/// <param name="State">Whether it serves.</param>
/// <param name="Reason">Why it does not, or why a newer file in its place was refused; empty otherwise.</param>
public sealed record ModelFolderEntry(string Name, long? Version, ModelState State, string Reason);

/// <summary>Whether a version of a model serves.</summary>
public enum ModelState
{
    /// <summary>Nothing is known of it.</summary>
    Unknown = 0,

    /// <summary>It is being loaded.</summary>
    Loading,

    /// <summary>It serves.</summary>
    Ready,

    /// <summary>It answers its last calls.</summary>
    Unloading,

    /// <summary>It does not serve.</summary>
    Unavailable,
}
