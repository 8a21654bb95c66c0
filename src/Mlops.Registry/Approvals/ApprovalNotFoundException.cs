using System.Globalization;

namespace Mlops.Registry;

/// <summary>There is no approval of this actor to withdraw. Nothing was stored.</summary>
public sealed class ApprovalNotFoundException : RegistryException
{
    internal ApprovalNotFoundException(string model, int number, string? alias, string actor)
        : base(string.Create(
            CultureInfo.InvariantCulture,
            $"Withdrawing the approval of '{model}/{number}'{(alias is null ? "" : $" for '{alias}'")} by '{actor}': there is none that stands. {nameof(ModelRegistry.ListApprovalsAsync)} shows those there are."))
    {
        Model = model;
        Number = number;
        Alias = alias;
        Actor = actor;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The version's number.</summary>
    public int Number { get; }

    /// <summary>The alias; null for every alias.</summary>
    public string? Alias { get; }

    /// <summary>Whose approval.</summary>
    public string Actor { get; }
}
