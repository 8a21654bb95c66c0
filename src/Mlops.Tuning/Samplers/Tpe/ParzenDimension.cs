namespace Mlops.Tuning;

/// <summary>One parameter of a Parzen estimator, a kernel per observation. Kernels live in slots; a free slot adds nothing.</summary>
internal abstract class ParzenDimension
{
    public static ParzenDimension Of(ParameterDomain domain) => domain.IsChoice ? new ParzenChoices(domain.Choices.Count) : new ParzenNumbers(domain);

    public abstract void EnsureCapacity(int capacity);

    public virtual void Clear()
    {
    }

    /// <summary>Puts an observation into a free slot; its width, and those of its neighbours, are stale until refreshed.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="coordinate">The observation.</param>
    /// <param name="numbers">The trial's number per slot, which orders equal observations.</param>
    /// <returns>The place among the sorted observations, 0 where they have no order.</returns>
    public abstract int Insert(int slot, double coordinate, ReadOnlySpan<int> numbers);

    /// <summary>Takes an observation out.</summary>
    /// <returns>The place that it had.</returns>
    public abstract int Remove(int slot, ReadOnlySpan<int> numbers);

    /// <summary>Calls back for the slots at a place and beside it, whose widths a change there has made stale.</summary>
    public virtual void RefreshAround(int place, double narrowest, Action<int> changed)
    {
    }

    public virtual void RefreshAll(double narrowest)
    {
    }

    /// <summary>Sets what depends on the number of kernels alone.</summary>
    public virtual void Smooth(int kernels)
    {
    }

    /// <summary>The part of a kernel's log density that does not depend on where it is evaluated.</summary>
    public virtual double Constant(int slot) => 0;

    /// <summary>The log density of the prior.</summary>
    public abstract double LogPrior(double coordinate);

    /// <summary>Prepares the evaluation at candidates.</summary>
    public virtual void Tabulate(ReadOnlySpan<double> candidates)
    {
    }

    /// <summary>Adds this dimension's log density at one candidate to the sums of the slots in a range.</summary>
    public abstract void Accumulate(ReadOnlySpan<double> candidates, int candidate, int from, Span<double> sums);

    /// <summary>Draws from the kernel in the slot, or from the prior for a negative slot.</summary>
    public abstract double Draw(int slot, double uniform);
}
