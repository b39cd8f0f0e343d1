// 由 portico deploy bucket-script 生成，放到 /etc/nginx/portico.js。
// nginx（njs）从对象存储提供网页：每次请求先看指针 live.json，顺着文件夹清单找到文件的摘要，再取那个文件。
// 指针最多旧一秒；清单和文件按内容命名，永不改变，nginx 缓存多久都行。一次回答里的一切出自同一版。

async function read(r, path) {
  const reply = await r.subrequest(path);
  return reply.status === 200 ? JSON.parse(reply.responseText) : null;
}

// 一个地址在某一版里是什么：文件的摘要，或文件夹。
async function find(r, root, names) {
  let folder = await read(r, '/~trees/' + root);
  for (let i = 0; folder && i < names.length; i++) {
    const last = i === names.length - 1;
    if (last && Object.prototype.hasOwnProperty.call(folder.files, names[i])) {
      return { file: folder.files[names[i]] };
    }
    const key = Object.prototype.hasOwnProperty.call(folder.folders, names[i]) ? folder.folders[names[i]] : null;
    folder = key && (await read(r, '/~trees/' + key));
  }
  return folder ? { folder: folder } : null;
}

// 最近的“找不到”页面：住在路径里的站点有自己的。
async function missing(r, root, names) {
  for (let n = names.length - 1; n > 0; n--) {
    const found = await find(r, root, names.slice(0, n).concat('404.html'));
    if (found && found.file) {
      const page = await r.subrequest('/~files/' + found.file);
      r.headersOut['Content-Type'] = 'text/html; charset=utf-8';
      r.return(404, page.responseText);
      return;
    }
  }
  r.return(404);
}

async function answer(r) {
  const live = await read(r, '/~live');
  if (!live) {
    r.return(503);
    return;
  }
  const names = [r.variables.portico_host].concat(r.uri.split('/').filter((name) => name !== ''));
  const found = names.some((name) => name[0] === '.' && name !== '.well-known') ? null : await find(r, live.tree, names);
  if (found && found.file && r.uri[r.uri.length - 1] !== '/') {
    if (/\.[0-9a-f]{8,}\.[a-z0-9]+$/.test(r.uri)) {
      r.variables.portico_lasts = 'public, max-age=31536000, immutable';
    }
    r.internalRedirect('/~files/' + found.file);
  } else if (found && found.folder && found.folder.files['index.html']) {
    if (r.uri[r.uri.length - 1] === '/') {
      r.internalRedirect('/~files/' + found.folder.files['index.html']);
    } else {
      r.return(301, '/' + names.slice(1).map(encodeURIComponent).join('/') + '/');
    }
  } else {
    await missing(r, live.tree, names);
  }
}

export default { answer };
