using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;

namespace Mlops.Serving.AspNetCore;

/// <summary>
/// What an endpoint of the inference protocols allows: metadata of every one of them, REST and gRPC, for conventions that treat them differently.
/// </summary>
public sealed class InferenceAccess
{
    private InferenceAccess(string name, string policyOption, Func<InferenceOptions, string?> policy)
    {
        Name = name;
        PolicyOption = policyOption;
        PolicyOf = policy;
    }

    /// <summary><c>mlops:infer</c>: computes predictions.</summary>
    public static InferenceAccess Infer { get; } = new("mlops:infer", nameof(InferenceOptions.InferPolicy), static options => options.InferPolicy);

    /// <summary><c>mlops:read</c>: tells what there is and how it does.</summary>
    public static InferenceAccess Read { get; } = new("mlops:read", nameof(InferenceOptions.ReadPolicy), static options => options.ReadPolicy);

    /// <summary><c>mlops:outcome</c>: tells what became of predictions.</summary>
    public static InferenceAccess Outcome { get; } = new("mlops:outcome", nameof(InferenceOptions.OutcomePolicy), static options => options.OutcomePolicy);

    /// <summary><c>mlops:manage</c>: loads and unloads models. Without a policy, refused to everybody.</summary>
    public static InferenceAccess Manage { get; } = new("mlops:manage", nameof(InferenceOptions.ManagePolicy), static options => options.ManagePolicy) { NeedsPolicy = true };

    /// <summary><c>mlops:log</c>: shows predictions that were logged, with features where those are kept. Without a policy of its own, refused to everybody.</summary>
    public static InferenceAccess Log { get; } = new("mlops:log", nameof(InferenceOptions.LogPolicy), static options => options.LogPolicy) { NeedsPolicy = true, HasPolicyOfItsOwn = true };

    /// <summary>The name, for example <c>mlops:infer</c>.</summary>
    public string Name { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    /// <summary>The option that names its policy.</summary>
    internal string PolicyOption { get; }

    /// <summary>The policy that the options name; <c>null</c> for none.</summary>
    internal Func<InferenceOptions, string?> PolicyOf { get; }

    /// <summary>Whether not even this machine is let in without a policy.</summary>
    internal bool NeedsPolicy { get; private init; }

    /// <summary>Whether a policy for all endpoints does not open it: whoever may infer may not therefore read what others asked.</summary>
    internal bool HasPolicyOfItsOwn { get; private init; }

    /// <summary>Marks an endpoint and, where the options name a policy, demands it.</summary>
    internal void Apply(EndpointBuilder endpoint, InferenceOptions options)
    {
        endpoint.Metadata.Add(this);
        if (PolicyOf(options) is { } policy)
            endpoint.Metadata.Add(new AccessPolicyAttribute(policy));
    }
}

/// <summary>The demand for the policy of one access, as the options name it.</summary>
internal sealed class AccessPolicyAttribute(string policy) : AuthorizeAttribute(policy);
