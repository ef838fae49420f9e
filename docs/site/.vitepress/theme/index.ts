import Theme from 'vitepress/theme';
import Diagram from './Diagram.vue';
import './site.css';

export default {
  extends: Theme,
  enhanceApp: ({ app }: { app: { component(name: string, component: unknown): void } }) =>
    app.component('Diagram', Diagram),
};
