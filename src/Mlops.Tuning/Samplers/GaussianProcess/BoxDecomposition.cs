using System.Runtime.InteropServices;

namespace Mlops.Tuning;

/// <summary>
/// The region below a reference that no point of a set dominates, all objectives minimised, as boxes that do not overlap. Points are given by the
/// ranks of their coordinates. Memory is kept from one decomposition to the next.
/// </summary>
/// <remarks>
/// A sweep along the last objective: between two points the region's cut is one of an objective less, and a box of the cut lasts until a point changes it.
/// So n points make n + 1 boxes with two objectives and at most 2n + 1 with three, as in Lacour, Klamroth, Fonseca (2017).
/// </remarks>
internal sealed class BoxDecomposition
{
    private readonly int _objectives;
    private readonly List<int> _ranks = [];
    private readonly int[] _tops;
    private readonly List<int>[] _active;
    private readonly List<int>[] _boxes;
    private readonly List<int>[] _open;
    private readonly List<int>[] _next;

    public BoxDecomposition(int objectives)
    {
        _objectives = objectives;
        _tops = new int[objectives];
        _active = Rooms();
        _boxes = Rooms();
        _open = Rooms();
        _next = Rooms();

        List<int>[] Rooms() => [.. Enumerable.Range(0, objectives + 1).Select(static _ => new List<int>())];
    }

    /// <summary>Decomposes; the result is valid until the next call.</summary>
    /// <param name="ranks">Per point and objective a rank, from 0 and below the reference's.</param>
    /// <param name="tops">The reference's ranks.</param>
    /// <returns>Per box and objective the rank where it begins, -1 for negative infinity, and where it ends.</returns>
    public ReadOnlySpan<int> Decompose(ReadOnlySpan<int> ranks, ReadOnlySpan<int> tops)
    {
        _ranks.Clear();
        _ranks.AddRange(ranks);
        tops.CopyTo(_tops);
        List<int> all = _active[_objectives];
        all.Clear();
        for (int point = 0; point < ranks.Length / _objectives; point++)
        {
            all.Add(point);
        }

        Sweep(_objectives);
        return CollectionsMarshal.AsSpan(_boxes[_objectives]);
    }

    /// <summary>Decomposes by the first objectives and the active points alone.</summary>
    private void Sweep(int dimensions)
    {
        List<int> boxes = _boxes[dimensions];
        List<int> active = _active[dimensions];
        boxes.Clear();
        int axis = dimensions - 1;
        if (dimensions == 1)
        {
            int lowest = _tops[0];
            foreach (int point in active)
            {
                lowest = Math.Min(lowest, Rank(point, 0));
            }

            boxes.Add(-1);
            boxes.Add(lowest);
            return;
        }

        Sort(active, axis);
        List<int> below = _active[axis];
        below.Clear();
        _open[dimensions].Clear();
        Cut(dimensions, -1);
        for (int i = 0; i < active.Count; i++)
        {
            below.Add(active[i]);
            if (i + 1 == active.Count || Rank(active[i + 1], axis) > Rank(active[i], axis))
            {
                Cut(dimensions, Rank(active[i], axis));
            }
        }

        for (int from = 0; from < _open[dimensions].Count; from += (2 * dimensions) - 1)
        {
            Close(dimensions, from, _tops[axis]);
        }
    }

    /// <summary>From here on the cut is that of the active points: boxes that are no longer part of it end, new ones begin.</summary>
    private void Cut(int dimensions, int at)
    {
        Sweep(dimensions - 1);
        List<int> fresh = _boxes[dimensions - 1];
        List<int> open = _open[dimensions];
        List<int> next = _next[dimensions];
        int width = 2 * (dimensions - 1);
        next.Clear();
        for (int box = 0; box < fresh.Count; box += width)
        {
            int since = Find(open, width + 1, fresh, box, width);
            next.AddRange(CollectionsMarshal.AsSpan(fresh).Slice(box, width));
            next.Add(since < 0 ? at : open[since + width]);
        }

        for (int from = 0; from < open.Count; from += width + 1)
        {
            if (Find(fresh, width, open, from, width) < 0)
            {
                Close(dimensions, from, at);
            }
        }

        (_open[dimensions], _next[dimensions]) = (next, open);
    }

    private void Close(int dimensions, int from, int at)
    {
        List<int> boxes = _boxes[dimensions];
        int width = 2 * (dimensions - 1);
        boxes.AddRange(CollectionsMarshal.AsSpan(_open[dimensions]).Slice(from, width + 1));
        boxes.Add(at);
    }

    private static int Find(List<int> entries, int stride, List<int> sought, int from, int width)
    {
        ReadOnlySpan<int> box = CollectionsMarshal.AsSpan(sought).Slice(from, width);
        ReadOnlySpan<int> all = CollectionsMarshal.AsSpan(entries);
        for (int at = 0; at < all.Length; at += stride)
        {
            if (all.Slice(at, width).SequenceEqual(box))
            {
                return at;
            }
        }

        return -1;
    }

    private void Sort(List<int> points, int axis)
    {
        for (int i = 1; i < points.Count; i++)
        {
            int point = points[i];
            int place = i;
            for (; place > 0 && Rank(points[place - 1], axis) > Rank(point, axis); place--)
            {
                points[place] = points[place - 1];
            }

            points[place] = point;
        }
    }

    private int Rank(int point, int axis) => _ranks[(point * _objectives) + axis];
}
