namespace Mlops.Serving;

public sealed partial class ModelFolder
{
    /// <summary>The versions of one model of the folder. One thread at a time, apart from <see cref="Entries"/>.</summary>
    private sealed class FolderModel(ModelFolder folder, string name)
    {
        private readonly SortedDictionary<long, FolderVersion> _versions = [];
        private volatile ModelFolderEntry[] _entries = [];
        private ListedModel? _listed;

        public string Name => name;

        /// <summary>The model in the server; <c>null</c> while no version serves.</summary>
        public ServedModel? Served { get; private set; }

        public IReadOnlyList<ModelFolderEntry> Entries => _entries;

        /// <summary>Loads the newest versions that are listed and lets go of the others, once one of the listed serves.</summary>
        public async Task SyncAsync(ListedModel listed, CancellationToken cancellationToken)
        {
            _listed = listed;
            if (Served is null && folder._server.Find(name) is not null)
            {
                _entries = [new ModelFolderEntry(name, null, ModelState.Unavailable, "the server has a model of that name that does not come from the folder")];
                return;
            }

            ListedVersion[] wanted = [.. listed.Versions.Skip(listed.Versions.Count - folder._options.MaximumVersions)];
            foreach (ListedVersion version in wanted)
                await LoadAsync(version, cancellationToken).ConfigureAwait(false);

            if (wanted.Any(version => _versions[version.Number].IsReady))
                foreach (long number in _versions.Keys.Where(number => !wanted.Any(version => version.Number == number)).ToArray())
                    Remove(number);
            Show();
        }

        /// <summary>Tries versions again whose files have changed since they were found not to be those that are listed.</summary>
        public async Task RetryAsync(CancellationToken cancellationToken)
        {
            if (_listed is not null && _versions.Values.Any(static version => version.IsWorthATry()))
                await SyncAsync(_listed, cancellationToken).ConfigureAwait(false);
        }

        public void Unload(string reason)
        {
            if (Served is not null)
                _ = folder._server.RemoveAsync(name);
            Served = null;
            _entries = [.. _versions.Keys.DefaultIfEmpty().Select(number => new ModelFolderEntry(name, number == 0 ? null : number, ModelState.Unavailable, reason))];
            _versions.Clear();
        }

        public ModelLoadException NewestFailure() => _versions.Values.Reverse().Select(static version => version.Failure).FirstOrDefault(static failure => failure is not null)
            ?? new ModelLoadException(name, ModelLoadFailure.NothingToServe, _entries is [var entry, ..] ? entry.Reason + "." : "it has no version.");

        private async Task LoadAsync(ListedVersion listed, CancellationToken cancellationToken)
        {
            if (!_versions.TryGetValue(listed.Number, out FolderVersion? version))
            {
                var source = new FolderVersionSource(folder._root, name, listed);
                _versions.Add(listed.Number, version = new FolderVersion(source, folder._deploy(source, _listed!, Served?.Signature)));
            }
            else if (listed.IsSameAs(version.Source.Version) && !version.IsWorthATry() && (version.IsReady || version.Failure is not null))
                return;

            version.IsLoading = true;
            Show();
            try
            {
                await version.LoadAsync(listed, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                version.IsLoading = false;
            }

            if (version.IsReady)
                Serve(version);
        }

        private void Serve(FolderVersion version)
        {
            if (Served is null)
            {
                Served = new ServedModel(
                    version.Deployment, folder._environment, new ModelObservers(version.Deployment.Model, featureNames: null, folder._environment, outcomeHandlers: []));
                folder._server.Add(Served);
            }
            else if (version.Source.Version.Number > Served.Version?.Number)
                Served.SetDefault(version.Deployment);
            else
                Served.AddOnce(version.Deployment);
        }

        private void Remove(long number)
        {
            _versions.Remove(number, out FolderVersion? version);
            if (Served is null || !version!.IsReady)
            {
                _ = version!.Deployment.Close();
                return;
            }

            if (Served.IsDefault(version.Deployment))
                Served.SetDefault(_versions.Values.Last(static other => other.IsReady).Deployment);
            _ = Served.RemoveAsync(version.Deployment);
        }

        private void Show() => _entries = [.. _versions.Select(pair => new ModelFolderEntry(name, pair.Key, pair.Value.State, pair.Value.Failure?.Message ?? ""))];
    }

    /// <summary>One version: its files and the place where it serves.</summary>
    private sealed class FolderVersion(FolderVersionSource source, Deployment deployment)
    {
        private string _fingerprint = "";

        public FolderVersionSource Source => source;

        public Deployment Deployment => deployment;

        public bool IsReady => deployment.Version is not null;

        public bool IsLoading { get; set; }

        /// <summary>Why the last load failed.</summary>
        public ModelLoadException? Failure { get; private set; }

        public ModelState State => IsReady ? ModelState.Ready : IsLoading ? ModelState.Loading : ModelState.Unavailable;

        public async Task LoadAsync(ListedVersion listed, CancellationToken cancellationToken)
        {
            source.Version = listed;
            _fingerprint = source.Fingerprint();
            try
            {
                await deployment.ReloadAsync(cancellationToken).ConfigureAwait(false);
                Failure = null;
            }
            catch (ModelLoadException exception)
            {
                Failure = exception;
            }
        }

        public bool IsWorthATry() => Failure is { Reason: ModelLoadFailure.DigestMismatch or ModelLoadFailure.SourceFailed } && source.Fingerprint() != _fingerprint;
    }
}
