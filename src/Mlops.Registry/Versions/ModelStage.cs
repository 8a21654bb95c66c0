namespace Mlops.Registry;

/// <summary>
/// MLflow's stages, for clients that still use them; aliases say the same with history and compare-and-set. The numbers are stored and
/// never change.
/// </summary>
public enum ModelStage
{
    /// <summary>None; every version begins here.</summary>
    None = 0,

    /// <summary>Being tried.</summary>
    Staging = 1,

    /// <summary>In use.</summary>
    Production = 2,

    /// <summary>Out of use.</summary>
    Archived = 3,
}
