using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;

namespace Mlops.Serving.AspNetCore;

/// <summary>
/// What an endpoint of the inference protocols allows: metadata of every one of them, REST and gRPC, for conventions that treat them differently.
/// </summary>
public sealed class InferenceAccess
{
    private readonly Func<InferenceOptions, string?> _policy;

    private InferenceAccess(string name, Func<InferenceOptions, string?> policy)
    {
        Name = name;
        _policy = policy;
    }

    /// <summary><c>mlops:infer</c>: computes predictions.</summary>
    public static InferenceAccess Infer { get; } = new("mlops:infer", static options => options.InferPolicy);

    /// <summary><c>mlops:read</c>: tells what there is and how it does.</summary>
    public static InferenceAccess Read { get; } = new("mlops:read", static options => options.ReadPolicy);

    /// <summary><c>mlops:outcome</c>: tells what became of predictions.</summary>
    public static InferenceAccess Outcome { get; } = new("mlops:outcome", static options => options.OutcomePolicy);

    /// <summary><c>mlops:manage</c>: loads and unloads models.</summary>
    public static InferenceAccess Manage { get; } = new("mlops:manage", static options => options.ManagePolicy);

    /// <summary>The name, for example <c>mlops:infer</c>.</summary>
    public string Name { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>Marks an endpoint and, where the options name a policy, demands it.</summary>
    internal void Apply(EndpointBuilder endpoint, InferenceOptions options)
    {
        endpoint.Metadata.Add(this);
        if (_policy(options) is { } policy)
            endpoint.Metadata.Add(new AuthorizeAttribute(policy));
    }
}
