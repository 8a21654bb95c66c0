namespace Mlops.Serving;

/// <summary>Another process has decided or changed the rollout meanwhile; what it decided holds. Look at <see cref="Rollout.State"/>, then decide anew.</summary>
public sealed class RolloutConflictException : ServingException
{
    internal RolloutConflictException(string model, string attempted, RolloutState state)
        : base(model, $"The candidate of model '{model}' was not {attempted}: another process changed the rollout first; its state is {state} now.") => State = state;

    /// <summary>State that the rollout is in now.</summary>
    public RolloutState State { get; }
}
