using System.Globalization;

namespace Mlops.Registry;

/// <summary>Between a gate that counted approvals and the decision, one was given or withdrawn. Nothing was stored.</summary>
public sealed class ApprovalConflictException : RegistryException
{
    internal ApprovalConflictException(string model, int number)
        : base(string.Create(
            CultureInfo.InvariantCulture, $"Promoting '{model}/{number}': its approvals changed while the gates were asked. Promote again to have them counted anew."))
    {
        Model = model;
        Number = number;
    }

    /// <summary>The model.</summary>
    public string Model { get; }

    /// <summary>The version's number.</summary>
    public int Number { get; }
}
