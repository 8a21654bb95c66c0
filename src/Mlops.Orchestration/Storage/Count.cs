namespace Mlops.Orchestration;

/// <summary>What an attempt that ended without a result counts as.</summary>
internal enum Count
{
    Nothing,
    Failure,
    Loss,
}
