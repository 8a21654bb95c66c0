namespace Mlops.Serving;

/// <summary>
/// A run of several calls that failed as a whole and was not divided, so that nobody knows which of them it failed for. Their exceptions share it. Not
/// thread-safe: used under the lock of who counts.
/// </summary>
/// <param name="calls">Calls that were in it.</param>
internal sealed class FailedRun(int calls)
{
    private readonly HashSet<ulong> _keys = [];
    private int _reported;
    private bool _hasOld;

    /// <summary>Takes a call of it. True once, when every one of its calls has been taken and no key of them had failed in an earlier run.</summary>
    /// <param name="key">Hash of the call's key.</param>
    /// <param name="isFirst">Whether the key had not failed before this call.</param>
    public bool Take(ulong key, bool isFirst)
    {
        _hasOld |= _keys.Add(key) && !isFirst;
        return ++_reported == calls && !_hasOld;
    }
}
