using System.Collections;

namespace Mlops.Serving;

/// <summary>Tensors in order, kept for reuse when it is cleared.</summary>
internal sealed class TensorList : IReadOnlyList<ModelTensor>
{
    private readonly List<ModelTensor> _tensors = [];

    public int Count { get; private set; }

    public ModelTensor this[int index] => (uint)index < (uint)Count
        ? _tensors[index]
        : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} tensors.");

    public ModelTensor Add()
    {
        if (Count == _tensors.Count)
            _tensors.Add(new ModelTensor());
        return _tensors[Count++];
    }

    public int IndexOf(string name)
    {
        for (int i = 0; i < Count; i++)
            if (_tensors[i].Name == name)
                return i;

        return -1;
    }

    public void Clear() => Count = 0;

    public IEnumerator<ModelTensor> GetEnumerator() => _tensors.Take(Count).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
