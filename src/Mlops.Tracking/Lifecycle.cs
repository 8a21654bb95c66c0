namespace Mlops.Tracking;

/// <summary>Which rows a query looks at. A run is deleted by itself or with its experiment.</summary>
public enum Lifecycle
{
    /// <summary>What is not deleted.</summary>
    Active = 0,

    /// <summary>What is deleted and can be restored.</summary>
    Deleted = 1,

    /// <summary>Both.</summary>
    Any = 2,
}
