namespace Mlops.Serving;

/// <summary>Who answers a call, and what the call is to a rollout.</summary>
internal readonly struct Routing
{
    /// <summary>There was nothing to choose.</summary>
    public Routing(Deployment deployment, string? key)
        : this(deployment, key, propensity: 1)
    {
    }

    public Routing(Deployment deployment, string? key, double propensity)
    {
        Deployment = deployment;
        Key = key;
        Propensity = propensity;
    }

    public Deployment Deployment { get; }

    /// <summary>Role of the version that answers.</summary>
    public string Variant => Deployment.Role;

    /// <summary>Who the call is for, in clear.</summary>
    public string? Key { get; }

    /// <summary>How probable the choice was.</summary>
    public double Propensity { get; }
}
