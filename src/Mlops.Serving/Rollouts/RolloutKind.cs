namespace Mlops.Serving;

/// <summary>What a second version is deployed for.</summary>
public enum RolloutKind
{
    /// <summary>It gets a small share of the calls (5 % by default), and more of them as it proves itself, until it is promoted or rolled back.</summary>
    Canary,

    /// <summary>Both get their share (a half by default) and are compared; nothing is promoted or rolled back by itself.</summary>
    AbTest,

    /// <summary>It is loaded and warm but gets no calls, except those that ask for its number, until it is promoted at once.</summary>
    BlueGreen,
}

/// <summary>Where a rollout is.</summary>
public enum RolloutState
{
    /// <summary>There is nothing to compare: no candidate is loaded, or it is the version that serves anyway, or the store could not be read yet.</summary>
    Waiting,

    /// <summary>The candidate answers its share of the calls.</summary>
    Running,

    /// <summary>The candidate answers all calls.</summary>
    Promoted,

    /// <summary>The candidate was taken out of service, and is not put back by itself.</summary>
    RolledBack,

    /// <summary>
    /// Another version has come without this rollout: the model's own source delivers the candidate, or has delivered one since the candidate was promoted.
    /// </summary>
    Superseded,
}
