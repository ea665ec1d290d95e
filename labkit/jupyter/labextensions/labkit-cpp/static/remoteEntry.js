/*
 * Shows cells that begin with %%cpp in the colours of C++: an extension of JupyterLab 4 and Notebook 7, written by hand.
 *
 * It is a container of webpack's module federation, whose protocol is two functions: init(scope) is given the modules
 * that JupyterLab shares, get("./extension") promises a factory of the extension. So nothing has to be built.
 * https://jupyterlab.readthedocs.io/en/stable/extension/extension_dev.html#prebuilt-extensions
 */
(function () {
  'use strict';

  const CPP = 'text/x-c++src';
  const HEAD = /^\s*%%cpp\b/;
  let shared = null;

  /** Loads a module that JupyterLab shares; there is one version of each. */
  async function load(name) {
    const versions = Object.values((shared || {})[name] || {});
    if (versions.length === 0) {
      throw new Error('labkit-cpp: JupyterLab does not share ' + name);
    }
    const factory = await versions[0].get();
    return factory();
  }

  /** Keeps the language of a notebook's cells in step with their first lines. */
  function watch(panel) {
    const notebook = panel.content;
    const seen = new WeakSet();
    let cells = null;

    function look(cell) {
      if (cell.type !== 'code') {
        return;
      }
      const wanted = HEAD.test(cell.sharedModel.getSource()) ? CPP : notebook.codeMimetype;
      // Only what is C++, or was, is ours: the notebook sets the others.
      if (cell.mimeType !== wanted && (wanted === CPP || cell.mimeType === CPP)) {
        cell.mimeType = wanted;
      }
    }

    function follow(cell) {
      if (cell.type === 'code' && !seen.has(cell)) {
        seen.add(cell);
        cell.contentChanged.connect(look);
        // The notebook gives all its cells one language when the kernel says which it is.
        cell.mimeTypeChanged.connect(look);
      }
      look(cell);
    }

    function followAll() {
      const model = notebook.model;
      if (model && model.cells !== cells) {
        cells = model.cells;
        cells.changed.connect(() => Array.from(cells).forEach(follow));
      }
      if (cells) {
        Array.from(cells).forEach(follow);
      }
    }

    notebook.modelChanged.connect(followAll);
    panel.context.ready.then(followAll, () => undefined);
    followAll();
  }

  async function extension() {
    const { INotebookTracker } = await load('@jupyterlab/notebook');
    const plugin = {
      id: 'labkit-cpp:plugin',
      description: 'Shows cells that begin with %%cpp in the colours of C++.',
      autoStart: true,
      requires: [INotebookTracker],
      activate: (app, tracker) => {
        tracker.forEach(watch);
        tracker.widgetAdded.connect((_, panel) => watch(panel));
      }
    };
    return { __esModule: true, default: plugin };
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB['labkit-cpp'] = {
    init: scope => {
      shared = scope;
    },
    get: async module => {
      if (module !== './extension') {
        throw new Error('labkit-cpp: there is no module ' + module);
      }
      const made = await extension();
      return () => made;
    }
  };
})();
